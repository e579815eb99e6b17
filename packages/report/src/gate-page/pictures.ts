import { el, type Html } from './html.ts'
import { name } from '../gate-words.ts'

/** A picture that the training job made. */
export interface Picture {
  readonly name: string
  readonly png: Uint8Array
}

/** A page that is sent around has to stay small. */
const LARGEST = 1024 * 1024
const LARGEST_TOTAL = 6 * 1024 * 1024

// PNG specification (W3C, third edition), 5.2 and 11.2.1: the signature, then the header with width and height.
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const HEADER_END = 24

const isPng = (png: Uint8Array) => png.length > HEADER_END && SIGNATURE.every((byte, index) => png[index] === byte)

const sizeOf = (png: Uint8Array) => {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
  return { width: view.getUint32(16), height: view.getUint32(20) }
}

const shown = ({ name: title, png }: Picture) =>
  el(
    'figure',
    {},
    el('figcaption', {}, name(title)),
    el('img', {
      src: `data:image/png;base64,${Buffer.from(png).toString('base64')}`,
      alt: `Picture of the training job: ${name(title)}`,
      ...sizeOf(png),
    }),
  )

/** The pictures that fit, and the names of those that do not or are no PNG. */
export const pictures = (
  all: readonly Picture[],
): { readonly figures: readonly Html[]; readonly leftOut: readonly string[] } => {
  let room = LARGEST_TOTAL
  const fits = all.map(({ png }) => {
    const fit = isPng(png) && png.length <= Math.min(LARGEST, room)
    if (fit) room -= png.length
    return fit
  })
  return {
    figures: all.filter((_, index) => fits[index]).map(shown),
    leftOut: all.filter((_, index) => fits[index] !== true).map((picture) => picture.name),
  }
}
