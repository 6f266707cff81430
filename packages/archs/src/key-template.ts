/** The numbers that the placeholders of a template stand for. */
export type Numbers = { readonly [name: string]: number }

type Text = { readonly kind: 'text'; readonly text: string }
type Placeholder = {
  readonly kind: 'number'
  readonly name: string
  readonly offset: number
  readonly digits: number
}

/** One side of a pair, ready to match and to write. */
export type Template = {
  /** how many segments it takes */
  readonly length: number
  /** the names of its placeholders */
  readonly names: readonly string[]
  /** the numbers with which it reads `segments` from `at` on, nothing if it does not */
  readonly read: (segments: readonly string[], at: number) => Numbers | undefined
  /** the text for these numbers, nothing if one of them would be negative */
  readonly write: (numbers: Numbers) => string | undefined
}

const placeholder = /\{([a-z]\w*)(?:([+-])(\d+))?(?::0(\d))?\}/g

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')

const partsOf = (template: string): readonly (Text | Placeholder)[] => {
  const parts: (Text | Placeholder)[] = []
  let end = 0
  for (const match of template.matchAll(placeholder)) {
    const [whole, name, sign, by, digits] = match
    if (match.index > end) parts.push({ kind: 'text', text: template.slice(end, match.index) })
    const offset = sign === undefined ? 0 : Number(`${sign}${by}`)
    parts.push({ kind: 'number', name: name!, offset, digits: Number(digits ?? 1) })
    end = match.index + whole.length
  }
  if (end < template.length) parts.push({ kind: 'text', text: template.slice(end) })
  return parts
}

/**
 * Reads the text of a template: segments with placeholders `{s}`, `{s-1}`, `{s+1:02}`.
 *
 * @param text the template
 * @returns the template, or a sentence that says what is wrong with it
 */
export const parseTemplate = (text: string): Template | string => {
  const segments = text.split('.')
  if (segments.includes('')) return `"${text}" has an empty segment`
  const parts = partsOf(text)
  const strange = parts.find((part) => part.kind === 'text' && /[{}]/.test(part.text))
  if (strange !== undefined) return `"${text}" has a brace that is not a placeholder such as {s}, {s-1} or {s+1:02}`
  for (const [i, part] of parts.entries()) {
    const between = parts[i + 1]
    const touches =
      between?.kind === 'number' || (between?.kind === 'text' && /^\d+$/.test(between.text) && i + 2 < parts.length)
    if (part.kind === 'number' && touches) return `"${text}" has two placeholders with nothing but digits between them`
  }

  const pattern = new RegExp(
    `^${parts.map((part) => (part.kind === 'text' ? escape(part.text) : part.digits > 1 ? `(\\d{${part.digits},})` : '(0|[1-9]\\d*)')).join('')}$`,
  )
  const places = parts.filter((part) => part.kind === 'number')
  return {
    length: segments.length,
    names: [...new Set(places.map(({ name }) => name))],
    read: (all, at) => {
      if (at + segments.length > all.length) return undefined
      const found = pattern.exec(all.slice(at, at + segments.length).join('.'))
      if (found === null) return undefined
      const numbers: { [name: string]: number } = {}
      for (const [i, { name, offset }] of places.entries()) {
        const value = Number(found[i + 1]) - offset
        if (value < 0 || (numbers[name] ?? value) !== value) return undefined
        numbers[name] = value
      }
      return numbers
    },
    write: (numbers) => {
      const texts = parts.map((part) => {
        if (part.kind === 'text') return part.text
        const value = numbers[part.name]! + part.offset
        return value < 0 ? undefined : String(value).padStart(part.digits, '0')
      })
      return texts.includes(undefined) ? undefined : texts.join('')
    },
  }
}
