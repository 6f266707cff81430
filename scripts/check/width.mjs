// @ts-check
// Comments keep to the width of the code; `pnpm check --fix` wraps the paragraphs of those that are wider.

const widest = 120

/** `text` in lines of at most `widest` letters: `first` begins the first one, `rest` the others. */
const wrap = (text, first, rest = first) => {
  const { lines, line } = text.split(' ').reduce(
    ({ lines, line, words }, word) => {
      if (words === 0) return { lines, line: `${line}${word}`, words: 1 }
      const longer = `${line} ${word}`
      return longer.length <= widest
        ? { lines, line: longer, words: words + 1 }
        : { lines: [...lines, line], line: `${rest}${word}`, words: 1 }
    },
    { lines: [], line: first, words: 0 },
  )
  return [...lines, line]
}

/** A comment line as its beginning (`// `, ` * `, with `- ` of a list) and its words; undefined for other lines. */
const partsOf = (line) => {
  const [, before, mark = '', text] = /^(\s*(?:\/\/|\*) )(- )?(\S.*)$/.exec(line) ?? []
  return text === undefined ? undefined : { before, mark, rest: `${before}${' '.repeat(mark.length)}`, text }
}

/** Whether a line goes on with the paragraph before it: not a tag, a list, a table or a fence. */
const goesOn = (line, rest) => line.startsWith(rest) && /^[^\s@|\-`#]|^`[^`]/.test(line.slice(rest.length))

/** The lines with every paragraph of a comment wrapped that has a line too wide. Code in comments stays as it is. */
const narrow = (lines) => {
  const out = []
  let fenced = false
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]
    if (/^\s*\*\s*```/.test(line)) fenced = !fenced
    const single = /^(\s*)\/\*\* (.*) \*\/$/.exec(line)
    const parts = partsOf(line)
    if (line.length <= widest || fenced) out.push(line)
    else if (single !== null) out.push(`${single[1]}/**`, ...wrap(single[2], `${single[1]} * `), `${single[1]} */`)
    else if (parts === undefined) out.push(line)
    else {
      const paragraph = [parts.text]
      while (i + 1 < lines.length && goesOn(lines[i + 1], parts.rest))
        paragraph.push(lines[++i].slice(parts.rest.length))
      out.push(...wrap(paragraph.join(' '), `${parts.before}${parts.mark}`, parts.rest))
    }
  }
  return out
}

export const width = ({ files }, readText) =>
  files
    .filter((path) => /\.(ts|tsx|mts|js|mjs)$/.test(path) && !/\/fixtures\/|\/assembly\/|\.generated\./.test(path))
    .flatMap((file) => {
      const text = readText(file)
      const patch = narrow(text.split('\n')).join('\n')
      const number = text.split('\n').findIndex((line, i) => line !== patch.split('\n')[i]) + 1
      return patch === text
        ? []
        : [
            {
              file,
              rule: 'width',
              problem: `has a comment of more than ${widest} columns at line ${number}`,
              fix: 'run `pnpm check --fix`, which wraps it',
              patch,
            },
          ]
    })
