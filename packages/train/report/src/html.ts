const entities: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Markup of ours: all that `html` does not escape. A class, so that data from a file cannot look like it. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

/** What may stand in a template: markup as it is, anything else as text. */
export type Part = Html | string | number | readonly Part[]

const markupOf = (part: Part): string => {
  if (part instanceof Html) return part.markup
  if (Array.isArray(part)) return part.map(markupOf).join('')
  // Data of unknown origin is sometimes not what its type says.
  return String(part).replace(/[&<>"']/g, (character) => entities[character]!)
}

/**
 * A template of HTML. Every value in it is shown as text, in elements and in quoted attributes, unless it is itself
 * made by `html`.
 */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(strings.map((text, i) => (i < parts.length ? text + markupOf(parts[i]!) : text)).join(''))

/** Nothing. */
export const none: Html = new Html('')
