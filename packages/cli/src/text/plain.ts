const hidden = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu

const isLayout = (letter: string): boolean => letter === '\n' || letter === '\t'

const shown = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`

/**
 * Text that a terminal prints and does not obey: a name of a file may hold sequences that move the cursor, write the
 * clipboard or turn the order of letters. They are shown as JSON has them.
 *
 * @see ECMA-48, section 5; Unicode Technical Report 36, "Bidirectional text spoofing"
 */
export const plain = (text: string): string =>
  text.replaceAll(hidden, (letter) => (isLayout(letter) ? letter : shown(letter)))
