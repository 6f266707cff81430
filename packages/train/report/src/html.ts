const entities: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A text as HTML shows it, in elements and in quoted attributes. */
export const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]!)

/** A share from 0 to 1 with as many digits as test sets of a few thousand images support. */
export const share = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : '–')

/** A count with its thousands apart. */
export const count = (value: number): string => value.toString().replace(/\B(?=(\d{3})+$)/g, '\u202f')
