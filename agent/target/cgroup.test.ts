import { describe, expect, it } from 'vitest';
import { isInContainer } from './cgroup.ts';

const id = 'a3'.repeat(32);
const other = 'b4'.repeat(32);

describe('isInContainer', () => {
  it.each([
    ['v1, cgroupfs', `9:name=systemd:/\n4:memory:/kubepods/burstable/pod12-34/${id}\n0::/`],
    ['v2, cgroupfs', `0::/kubepods/besteffort/pod12-34/${id}`],
    [
      'v2, containerd with the systemd driver',
      `0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod12_34.slice/cri-containerd-${id}.scope`,
    ],
    ['CRI-O', `0::/kubepods.slice/kubepods-pod12_34.slice/crio-${id}.scope`],
    ['CRI-O, cgroupfs', `0::/kubepods/pod12-34/crio-${id}`],
    ['cri-dockerd', `0::/kubepods.slice/kubepods-pod12_34.slice/docker-${id}.scope`],
    [
      'a systemd path under the cgroupfs driver',
      `0::/system.slice/containerd.service/kubepods-besteffort-pod12_34.slice:cri-containerd:${id}`,
    ],
    ['another cgroup namespace', `0::/../../pod12-34/${id}`],
    ['a sibling in another cgroup namespace', `0::/../cri-containerd-${id}.scope`],
    ['groups of the container itself', `0::/kubepods/pod12-34/${id}/init.scope`],
    ['a node in a container', `0::/docker/${other}/kubelet.slice/cri-containerd-${id}.scope`],
  ])('finds %s', (_what, text) => {
    expect(isInContainer(`${text}\n`, id)).toBe(true);
  });

  it.each([
    ['another container', `0::/kubepods/besteffort/pod12-34/${other}`],
    ["CRI-O's monitor", `0::/kubepods.slice/crio-conmon-${id}.scope`],
    ['an id inside of a longer one', `0::/kubepods/pod12-34/ff${id}`],
    ['an id with a tail', `0::/kubepods/pod12-34/${id}ff`],
    ['the root', '0::/'],
    ['nothing', ''],
  ])('refuses %s', (_what, text) => {
    expect(isInContainer(text, id)).toBe(false);
  });
});
