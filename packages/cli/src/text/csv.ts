const cell = (value: string | number): string => {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A line of a file of values with commas between them (RFC 4180). */
export const csvRow = (...cells: readonly (string | number)[]): string => `${cells.map(cell).join(',')}\n`
