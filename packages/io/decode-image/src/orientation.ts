/** Bytes of a picture, row by row. */
type Raw = { readonly data: Uint8Array; readonly width: number; readonly height: number; readonly channels: number }

/** Where the pixel of a row and column comes from, in a picture of a height and width; by the number of EXIF. */
const sources: {
  readonly [orientation: number]: (
    row: number,
    column: number,
    height: number,
    width: number,
  ) => readonly [row: number, column: number]
} = {
  2: (row, column, _height, width) => [row, width - 1 - column],
  3: (row, column, height, width) => [height - 1 - row, width - 1 - column],
  4: (row, column, height) => [height - 1 - row, column],
  5: (row, column) => [column, row],
  6: (row, column, height) => [height - 1 - column, row],
  7: (row, column, height, width) => [height - 1 - column, width - 1 - row],
  8: (row, column, _height, width) => [column, width - 1 - row],
}

/**
 * A picture turned upright.
 *
 * @param orientation a number of EXIF, 1 to 8; others are as 1, upright
 * @see EXIF 2.3, section 4.6.4, tag Orientation
 */
export const turned = (picture: Raw, orientation: number): Raw => {
  const source = sources[orientation]
  if (source === undefined) return picture
  const { data, width, height, channels } = picture
  const [rows, columns] = orientation > 4 ? [width, height] : [height, width]
  const bytes = new Uint8Array(data.length)
  let at = 0
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const [fromRow, fromColumn] = source(row, column, height, width)
      const from = (fromRow * width + fromColumn) * channels
      for (let c = 0; c < channels; c++) bytes[at++] = data[from + c]!
    }
  return { data: bytes, width: columns, height: rows, channels }
}

/** What editors write where they write no EXIF, as an attribute or an element. */
const inXmp = /tiff:Orientation(?:="|>)([0-9])/

/**
 * The orientation in XMP; 1 where there is none.
 *
 * @see ISO 16684-1, and Pillow, `Image.getexif`
 */
export const orientationInXmp = (xmp: Uint8Array | undefined): number =>
  xmp === undefined ? 1 : Number(inXmp.exec(new TextDecoder('latin1').decode(xmp))?.[1] ?? 1)
