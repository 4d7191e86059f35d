"""The project folder: its definitions, where each stands, and the customer model they map onto."""

from beachhead.project.environment import redact
from beachhead.project.loader import DefinitionKind, Project, check_files, find_root, load, require_clean
from beachhead.project.source_files import matching_files
from beachhead.project.yaml_positions import TextPlace

__all__ = [
    "DefinitionKind",
    "Project",
    "TextPlace",
    "check_files",
    "find_root",
    "load",
    "matching_files",
    "redact",
    "require_clean",
]
