import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { installedPackage } from '../runtime/installed-package.ts';
import { isModel, type Model } from './model.ts';

/** The service definitions of what kdev adds, as compose-templates/ has them. */
export interface Templates {
  readonly holder: Model;
  readonly sidecar: Model;
}

export function readTemplates(): Templates {
  return { holder: readTemplate('holder.yaml'), sidecar: readTemplate('sidecar.yaml') };
}

function readTemplate(file: string): Model {
  const template: unknown = parse(
    readFileSync(join(installedPackage().root, 'compose-templates', file), 'utf8'),
  );
  if (!isModel(template)) throw new Error(`compose-templates/${file} is no map`);
  return template;
}
