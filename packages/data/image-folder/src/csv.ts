import { either as E } from 'fp-ts'

/** The fields of a record, and the line where it begins. */
export type CsvRecord = { readonly line: number; readonly fields: readonly string[] }

/**
 * The records of a CSV text: fields with commas, quotes or line breaks stand in quotes, a quote in them is doubled.
 * Empty lines are left out. Gives the number of a line whose quotes have no end.
 *
 * @see RFC 4180
 */
export const parseCsv = (text: string): E.Either<number, readonly CsvRecord[]> => {
  const records: CsvRecord[] = []
  let [fields, field, line, start, at] = [[] as string[], '', 1, 1, 0]
  const end = (): void => {
    if (fields.length > 0 || field.trim() !== '') records.push({ line: start, fields: [...fields, field] })
    ;[fields, field] = [[], '']
  }
  while (at < text.length) {
    const letter = text[at]!
    if (letter === '"' && field === '') {
      const opened = line
      for (at++; ; at++) {
        if (at >= text.length) return E.left(opened)
        if (text[at] === '\n') line++
        if (text[at] !== '"') field += text[at]
        else if (text[at + 1] === '"') field += text[at++]
        else break
      }
    } else if (letter === ',') {
      fields.push(field)
      field = ''
    } else if (letter === '\n') {
      end()
      start = ++line
    } else if (letter !== '\r') field += letter
    at++
  }
  end()
  return E.right(records)
}
