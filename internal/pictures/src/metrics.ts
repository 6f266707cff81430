// Widths of Helvetica, in thousandths of the size, so that a picture does not depend on the fonts of a machine.
const narrow = new Map([...' !,./:;|ftIijl()[]-'].map((letter) => [letter, 310]))
const wide = new Map([...'mwMW×·—%@'].map((letter) => [letter, 830]))

/** How wide a text is about, in pixels. */
export const widthOf = (text: string, size: number): number =>
  ([...text].reduce((sum, letter) => sum + (narrow.get(letter) ?? wide.get(letter) ?? 575), 0) * size) / 1000
