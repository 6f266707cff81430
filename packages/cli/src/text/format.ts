/** A count with its thousands apart: `11,178,378`. */
export const count = (value: number): string => value.toString().replace(/\B(?=(\d{3})+$)/g, ',')

/** A large count in short: `41.2 M`. */
export const short = (value: number): string => {
  const [unit, size] = value >= 1e9 ? ['G', 1e9] : value >= 1e6 ? ['M', 1e6] : value >= 1e3 ? ['k', 1e3] : ['', 1]
  return unit === ''
    ? String(value)
    : `${(value / size)
        .toPrecision(3)
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '')} ${unit}`
}

/** A time in short: `58 s`, `1 min 58 s`, `2 h 05 min`. */
export const duration = (seconds: number): string => {
  if (!Number.isFinite(seconds)) return '–'
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`
}
