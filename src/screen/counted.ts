/** `1 mount`, `2 mounts`. */
export function counted(many: number, what: string): string {
  return `${many} ${what}${many === 1 ? '' : 's'}`;
}
