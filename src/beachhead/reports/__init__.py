"""Pages and workbooks that say what others computed."""
