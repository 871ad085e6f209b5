import type { CommandForm, OptionForm } from '../command-form.ts';
import { wordsFormatOption } from './option-forms.ts';

const nameOptions: readonly OptionForm[] = [
  { flags: '-t, --tag <image>', help: "its name; without it that of this kdev's own" },
  { flags: '--image <image>', help: 'older name of --tag', isHidden: true },
];

export const imageBuildForm: CommandForm = {
  name: 'image build',
  summary: 'Builds it, on a Debian-like image with Node 24 or newer.',
  options: [
    ...nameOptions,
    { flags: '--base <image>', help: 'what it is built on [KDEV_IMAGE_BASE]' },
    wordsFormatOption,
  ],
  examples: [
    ['kdev image build', 'on its former base, else on the public node image'],
    ['kdev image build --base registry.example.com/node:24-bookworm-slim', 'on yours'],
  ],
};

export const imageLoadForm: CommandForm = {
  name: 'image load',
  summary: 'Carries it into test clusters on this machine.',
  options: [
    ...nameOptions,
    { flags: '--cluster <name>', help: 'a cluster; may be given again', isRepeated: true },
    wordsFormatOption,
  ],
  examples: [
    ['kdev image load --cluster kind', 'of kind, k3d or minikube'],
    ['kdev image load --cluster one --cluster two', 'into both'],
  ],
};

export const imagePushForm: CommandForm = {
  name: 'image push',
  summary: "Pushes it to a registry, with Docker's own credentials.",
  words: '<registry/name>',
  options: [...nameOptions, wordsFormatOption],
  examples: [
    ['kdev image push registry.example.com/kdev:0.1.0', 'under that name'],
    ['kdev image push --tag mine:1 registry.example.com/kdev:1', 'of another image'],
  ],
};

export const imageForm: CommandForm = {
  name: 'image',
  summary: 'The one image of sidecar and agent.',
  options: [],
  commands: [imageBuildForm, imageLoadForm, imagePushForm],
  examples: [
    ['kdev image build', 'builds it'],
    ['kdev image load --cluster kind', 'carries it into a test cluster'],
  ],
};
