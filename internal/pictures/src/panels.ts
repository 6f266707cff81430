import type { Figure } from './marks.ts'

/** Figures in rows of so many columns, all in one row by default, each below the highest of the row before. */
export const panels = (
  figures: readonly Figure[],
  { columns = figures.length, apart }: { readonly columns?: number; readonly apart: number },
): Figure => {
  const inRow = (row: number): readonly Figure[] => figures.slice(row * columns, (row + 1) * columns)
  const rows = Array.from({ length: Math.ceil(figures.length / columns) }, (_, row) => inRow(row))
  const extent = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size + apart, apart)
  const heights = rows.map((row) => Math.max(...row.map(({ height }) => height)))
  return {
    width: Math.max(...rows.map((row) => extent(row.map(({ width }) => width)))),
    height: extent(heights),
    marks: rows.flatMap((row, r) =>
      row.map(({ marks }, i) => ({
        is: 'group' as const,
        x: extent(row.slice(0, i).map(({ width }) => width)),
        y: extent(heights.slice(0, r)),
        marks,
      })),
    ),
  }
}
