/** Words in lines of at most `width` letters; a longer word has a line of its own. */
export const wrap = (text: string, width: number): readonly string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/).filter((found) => found !== '')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** A term and what it means. */
export type Definition = readonly [term: string, text: string]

/** Narrower than this, the text of a definition stands below its term. */
const narrow = 60

/** Terms with their texts beside them, or below them where the line is short. */
export const definitions = (rows: readonly Definition[], columns: number): readonly string[] => {
  const longest = Math.max(0, ...rows.map(([term]) => term.length))
  const indent = columns < narrow ? 6 : Math.min(longest, Math.floor(columns * 0.3)) + 4
  return rows.flatMap(([term, text]) => {
    const lines = wrap(text, Math.max(16, columns - indent)).map((line) => `${' '.repeat(indent)}${line}`)
    const fits = term.length + 4 <= indent
    const [first = '', ...rest] = lines
    const above = wrap(term, columns - 4).map((line, i) => `${i === 0 ? '  ' : '    '}${line}`)
    return (fits ? [`  ${term}${first.slice(term.length + 2)}`, ...rest] : [...above, ...lines]).map((line) =>
      line.trimEnd(),
    )
  })
}

/** Paragraphs in lines; lines that begin with two spaces are definitions (`  term  text`). */
export const paragraphs = (text: string, columns: number): readonly string[] =>
  text.split('\n\n').flatMap((paragraph, index) => {
    const lines = paragraph.split('\n')
    const terms = lines.filter((line) => line.startsWith('  '))
    const words = lines.filter((line) => !line.startsWith('  ')).join(' ')
    const rows = terms.map((line): Definition => {
      const [term = '', ...rest] = line.trim().split(/ {2,}/)
      return [term, rest.join(' ')]
    })
    return [...(index === 0 ? [] : ['']), ...(words === '' ? [] : wrap(words, columns)), ...definitions(rows, columns)]
  })

/** Rows of cells, and how they are laid out. */
export type Table = {
  readonly rows: readonly (readonly string[])[]
  /** The side that each column is aligned to; numbers to the right. */
  readonly align: readonly ('left' | 'right')[]
  /** Letters in a line. */
  readonly columns: number
}

const gap = 2
/** A column of text is not wrapped to less than this. */
const leastText = 16

const total = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, 0) + gap * (widths.length - 1)

const widthsOf = ({ rows, align }: Pick<Table, 'rows' | 'align'>): readonly number[] =>
  align.map((_, column) => Math.max(0, ...rows.map((row) => (row[column] ?? '').length)))

const render = ({ rows, align }: Pick<Table, 'rows' | 'align'>, widths: readonly number[]): readonly string[] =>
  rows.flatMap((row) => {
    const cells = row.map((cell, column) => (cell.length <= widths[column]! ? [cell] : wrap(cell, widths[column]!)))
    const height = Math.max(1, ...cells.map((lines) => lines.length))
    return Array.from({ length: height }, (_, line) =>
      cells
        .map((lines, column) =>
          align[column] === 'right'
            ? (lines[line] ?? '').padStart(widths[column]!)
            : (lines[line] ?? '').padEnd(widths[column]!),
        )
        .join(' '.repeat(gap))
        .trimEnd(),
    )
  })

/** The columns in groups that fit into a line, each with the first column. */
const groups = (widths: readonly number[], columns: number): readonly (readonly number[])[] => {
  const found: number[][] = []
  for (let column = 1; column < widths.length; column++) {
    const last = found.at(-1)
    if (last !== undefined && total([...last, column].map((index) => widths[index]!)) <= columns) last.push(column)
    else found.push([0, column])
  }
  return found
}

/**
 * Lines of cells with their columns aligned. Where they do not fit into a line, the widest column of text is wrapped,
 * or else the columns are split into groups below each other, each with the first column.
 */
export const table = ({ rows, align, columns }: Table): string => {
  const widths = widthsOf({ rows, align })
  const excess = total(widths) - columns
  if (excess <= 0) return render({ rows, align }, widths).join('\n')
  const texts = align.flatMap((side, column) => (side === 'left' && column > 0 ? [column] : []))
  const widest = texts.toSorted((a, b) => widths[b]! - widths[a]!)[0]
  if (widest !== undefined && widths[widest]! - excess >= leastText)
    return render(
      { rows, align },
      widths.map((width, column) => (column === widest ? width - excess : width)),
    ).join('\n')
  return groups(widths, columns)
    .map((group) => {
      const part = {
        rows: rows.map((row) => group.map((column) => row[column] ?? '')),
        align: group.map((c) => align[c]!),
      }
      const most = Math.max(leastText, columns - widths[0]! - gap)
      return render(
        part,
        group.map((column) => (column === 0 ? widths[0]! : Math.min(widths[column]!, most))),
      ).join('\n')
    })
    .join('\n\n')
}
