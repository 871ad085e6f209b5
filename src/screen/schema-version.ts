/** Of all that kdev prints for programs, JSON and YAML: raised when a field changes its meaning or goes. */
export const schemaVersion = 1;
