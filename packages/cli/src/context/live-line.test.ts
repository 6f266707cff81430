import { expect, it } from 'vitest'
import { liveLine } from './live-line.ts'

it('writes one line anew, cut to the width of the terminal, and erases it once', () => {
  let written = ''
  const live = liveLine({ write: (text) => (written += text), columns: 8 })
  live.clear()
  expect(written).toBe('')
  live.show('one')
  live.show('a longer line')
  live.clear()
  live.clear()
  expect(written.split('\r\u001b[K')).toEqual(['', 'one', 'a longe', ''])
})
