// Why an image is not taken, given or let go of: one table, printed in docs/errors.md.

export interface ImageFacts {
  readonly what: string;
  readonly hint: string;
}

export type ImageCode =
  | 'image-unknown'
  | 'image-no-file'
  | 'image-empty'
  | 'image-too-large'
  | 'image-no-room'
  | 'image-changed'
  | 'image-name'
  | 'image-taken'
  | 'image-used'
  | 'image-damaged'
  | 'image-nowhere'
  | 'image-broken-off'
  | 'image-store';

export const IMAGE_REFUSALS: Readonly<Record<ImageCode, ImageFacts>> = {
  'image-unknown': {
    what: 'no image here goes by that name or id',
    hint: '`kith image list` shows what is held, here and by other members',
  },
  'image-no-file': {
    what: 'it is no plain file that the daemon can read',
    hint: 'name a file that is there, and that the user of the daemon may read',
  },
  'image-empty': { what: 'the file is empty', hint: 'name the image itself' },
  'image-too-large': {
    what: 'the image is too large',
    hint: 'an image has 256 GiB at most',
  },
  'image-no-room': {
    what: 'there is not enough room on the disk for the image',
    hint: 'make room: `kith image rm`, `df`; half a GiB stays free for the node itself',
  },
  'image-changed': {
    what: 'the file changed while it was read',
    hint: 'wait until whoever writes it has ended, and add it again',
  },
  'image-name': {
    what: 'an image cannot be called that',
    hint: 'letters, digits and . _ / : @ + -, beginning with a letter or digit; and no id',
  },
  'image-taken': {
    what: 'another image has that name on this machine',
    hint: 'take the name away first, `kith image rm NAME`, or choose another',
  },
  'image-used': {
    what: 'work on this machine uses the image',
    hint: '`kith work` shows which; --force takes it away all the same',
  },
  'image-damaged': {
    what: 'the stored image is not what its id says any more',
    hint: 'the damaged chunks are fetched again: `kith image fetch ID`',
  },
  'image-nowhere': {
    what: 'no member that answers holds the image',
    hint: 'look at `kith peers`; a member that holds it must be up',
  },
  'image-broken-off': {
    what: 'the members that hold the image did not send all of it',
    hint: 'run it again: it goes on with the chunks that are missing',
  },
  'image-store': {
    what: 'the folder of images cannot be used',
    hint: 'look at its owner and the room on its disk',
  },
};
