import { createTheme, type MantineColorsTuple } from "@mantine/core";

const sea: MantineColorsTuple = [
  "#e9f7f5", "#d3ece9", "#a6d9d3", "#75c5bd", "#4eb4aa", "#36a99e", "#259f94", "#108a80", "#0a746b", "#005f58",
];

export const theme = createTheme({
  primaryColor: "sea",
  primaryShade: { light: 8, dark: 4 },
  autoContrast: true,
  colors: { sea },
  defaultRadius: "md",
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif',
  headings: { fontWeight: "650" },
  respectReducedMotion: true,
  cursorType: "pointer",
});
