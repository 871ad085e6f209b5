import type { DirectoryEntry, FileAttributes } from '../../src/protocol/messages.ts';

/** A file that the kernel knows by number. It lives while the kernel holds look-ups of it or knows a child of it. */
export interface TreeNode {
  readonly id: number;
  readonly parent: TreeNode | undefined;
  readonly name: string;
  readonly children: Map<string, TreeNode>;
  /** Look-ups that the kernel has not forgotten yet. */
  lookups: number;
  attributes?: Fresh<FileAttributes>;
  listing?: Fresh<Map<string, DirectoryEntry>>;
  /** Names asked one by one since the listing was last read: the second one is worth a listing. */
  asked: number;
}

/** A value and the time (of the same clock) until which it may be used without asking again. */
export interface Fresh<T> {
  readonly value: T;
  readonly until: number;
}

export const ROOT_NODE = 1;

/**
 * Numbers and names of the nodes of one mount. `firstId` keeps the numbers of a respawned server apart from those that
 * its predecessor gave out.
 */
export class NodeTable {
  readonly root: TreeNode;
  readonly #nodes = new Map<number, TreeNode>();
  readonly #rootPath: string;
  #nextId: number;

  constructor(rootPath: string, firstId: number) {
    this.#rootPath = rootPath;
    this.#nextId = Math.max(firstId, ROOT_NODE + 1);
    this.root = newNode(ROOT_NODE, undefined, '');
    this.#nodes.set(ROOT_NODE, this.root);
  }

  get size(): number {
    return this.#nodes.size;
  }

  get(id: number): TreeNode | undefined {
    return this.#nodes.get(id);
  }

  /** The node of `name` in `parent`, made where it is new. It counts no look-up. */
  child(parent: TreeNode, name: string): TreeNode {
    const known = parent.children.get(name);
    if (known) return known;
    const node = newNode(this.#nextId++, parent, name);
    parent.children.set(name, node);
    this.#nodes.set(node.id, node);
    return node;
  }

  /** The node's path in the target's container. */
  path(node: TreeNode): string {
    const names: string[] = [];
    for (let at = node; at.parent; at = at.parent) names.push(at.name);
    if (names.length === 0) return this.#rootPath;
    return `${this.#rootPath === '/' ? '' : this.#rootPath}/${names.reverse().join('/')}`;
  }

  forget(id: number, count: number): void {
    let node = this.#nodes.get(id);
    if (node) node.lookups = Math.max(0, node.lookups - count);
    while (node?.parent && node.lookups === 0 && node.children.size === 0) {
      this.#nodes.delete(node.id);
      node.parent.children.delete(node.name);
      node = node.parent;
    }
  }
}

function newNode(id: number, parent: TreeNode | undefined, name: string): TreeNode {
  return { id, parent, name, children: new Map(), lookups: 0, asked: 0 };
}
