import { plain } from '../text/plain.ts'
import type { LiveLine } from './context.ts'

const eraseLine = '\r\u001b[K'

/**
 * A line of a terminal that is written anew: text that does not fit into the line is cut, because a wrapped line cannot
 * be erased.
 */
export const liveLine = (stream: {
  readonly write: (text: string) => unknown
  readonly columns?: number
}): LiveLine => {
  let shown = false
  return {
    show: (text) => {
      shown = true
      stream.write(`${eraseLine}${plain(text).slice(0, (stream.columns || 80) - 1)}`)
    },
    clear: () => {
      if (shown) stream.write(eraseLine)
      shown = false
    },
  }
}
