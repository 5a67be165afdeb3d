// An image in its archive, renamed on its way into an engine: whoever made it wrote a name into it,
// and an engine would take that name from whatever image of its owner bears it. Both forms are
// known, Docker's `manifest.json` and the `index.json` of OCI. Spec: docs/jobs.md, "Images".

import { concat, textOf, utf8 } from '../proto/bytes.ts';
import { ARCHIVE_TEXT_BYTES_MAX } from './limits.ts';
import { paddingOf, resized, TAR_BLOCK, tarReader, type TarEntry } from './tar.ts';

export interface Renaming {
  /** What to hand on for this chunk; null: this is no archive of one image. */
  take(chunk: Uint8Array): readonly Uint8Array[] | null;
  /** What ends it; null: there was no image in it. */
  end(): readonly Uint8Array[] | null;
}

const REF = 'org.opencontainers.image.ref.name';

/** What describes the image, and what it says under another name; null: not of one image. */
const DESCRIBING: Readonly<Record<string, (text: string, name: string) => string | null>> = {
  'manifest.json': (text, name) => {
    const images = parsed(text);
    if (!Array.isArray(images) || images.length !== 1) return null;
    return JSON.stringify([{ ...(images[0] as object), RepoTags: [name] }]);
  },
  'index.json': (text, name) => {
    const index = parsed(text) as { readonly manifests?: unknown } | null;
    const manifests = index?.manifests;
    if (!Array.isArray(manifests) || manifests.length !== 1) return null;
    const only = manifests[0] as { readonly annotations?: object };
    const annotations = { ...only.annotations, [REF]: name, 'io.containerd.image.name': name };
    return JSON.stringify({ ...index, manifests: [{ ...only, annotations }] });
  },
};

/** Names of an older form, which would win over ours. */
const DROPPED = new Set(['repositories']);

export function renaming(name: string): Renaming {
  const reader = tarReader();
  let entry: TarEntry | null = null;
  let text: Uint8Array[] = [];
  let isImage = false;

  const whole = (own: TarEntry): readonly Uint8Array[] | null => {
    const said = DESCRIBING[own.name]?.(decoded(text), name) ?? null;
    if (said === null) return null;
    isImage = true;
    const bytes = utf8(said);
    return [resized(own.raw, bytes.length), bytes, new Uint8Array(paddingOf(bytes.length))];
  };

  return {
    take(chunk) {
      const parts = reader.take(chunk);
      if (parts === null) return null;
      const out: Uint8Array[] = [];
      for (const part of parts) {
        if (part.kind === 'entry') {
          [entry, text] = [part.entry, []];
          if (isHeld(entry) && entry.size > ARCHIVE_TEXT_BYTES_MAX) return null;
          if (!isHeld(entry)) out.push(entry.raw);
        } else if (entry === null) {
          return null;
        } else if (part.kind === 'bytes') {
          (isHeld(entry) ? text : out).push(part.bytes);
        } else if (!isHeld(entry)) {
          out.push(new Uint8Array(paddingOf(entry.size)));
        } else if (!DROPPED.has(entry.name)) {
          const renamed = whole(entry);
          if (renamed === null) return null;
          out.push(...renamed);
        }
      }
      return out;
    },
    end: () => (isImage ? [new Uint8Array(2 * TAR_BLOCK)] : null),
  };
}

function isHeld({ name }: TarEntry): boolean {
  return Object.hasOwn(DESCRIBING, name) || DROPPED.has(name);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function decoded(chunks: readonly Uint8Array[]): string {
  return textOf(concat(...chunks)) ?? '';
}
