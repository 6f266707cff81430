import { plain } from './plain.ts'

const entities: { readonly [letter: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Text in HTML and SVG, in elements and in quoted attributes; what XML does not allow is replaced. */
export const escapeMarkup = (text: string): string =>
  plain(text)
    .replaceAll(/[\p{Cs}\ufffe\uffff]/gu, '\ufffd')
    .replaceAll(/[&<>"]/g, (letter) => entities[letter]!)
