import type { Around } from './command.ts';
import { runGroup } from './command-group.ts';
import { imageForm } from './forms/image-form.ts';

/** `kdev image build | load | push`: the one image of sidecar and agent. */
export async function image(args: readonly string[], around: Around): Promise<number> {
  const commands = {
    build: async () => (await import('./image-build.ts')).imageBuild,
    load: async () => (await import('./image-load.ts')).imageLoad,
    push: async () => (await import('./image-push.ts')).imagePush,
  };
  return await runGroup(imageForm, commands, { args, around });
}
