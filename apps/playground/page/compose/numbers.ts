const units = ['', 'k', 'M', 'G'] as const

/** A count in three digits: `77.9k`, `12.4M`. */
export const count = (value: number): string => {
  const power = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3))
  const scaled = value / 1000 ** power
  return power === 0 ? `${value}` : `${Number(scaled.toPrecision(3))}${units[power]}`
}
