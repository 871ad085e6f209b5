/**
 * Whether a process whose `/proc/<pid>/cgroup` reads `text` belongs to the container `containerId` (64 hexadecimal digits).
 *
 * The id stands in the last parts of a path, in the form that runtime and cgroup driver chose, in cgroup v1 (one line a hierarchy)
 * and v2 (one line `0::…`, relative with `/../..` when read from another cgroup namespace):
 * `…/pod<uid>/<id>` (cgroupfs), `…/cri-containerd-<id>.scope`, `…/crio-<id>.scope`, `…/docker-<id>.scope` (systemd),
 * `system.slice:cri-containerd:<id>` (containerd told cgroupfs, kubelet systemd), each perhaps with the container's own groups behind.
 * CRI-O's monitor (`crio-conmon-<id>.scope`) carries the id too, but runs outside of the container.
 */
export function isInContainer(text: string, containerId: string): boolean {
  return text
    .split('\n')
    .flatMap((line) => line.slice(line.indexOf(':', line.indexOf(':') + 1) + 1).split('/'))
    .some((part) => isContainerPart(part, containerId));
}

function isContainerPart(part: string, containerId: string): boolean {
  const at = part.indexOf(containerId);
  if (at < 0) return false;
  const before = part.slice(0, at);
  const after = part.slice(at + containerId.length);
  return (
    (before === '' || /[-:]$/.test(before)) &&
    (after === '' || after === '.scope') &&
    !before.includes('conmon')
  );
}
