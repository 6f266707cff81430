import { effect, signal } from '@preact/signals'

/** The themes that can be chosen. */
export const themes = ['auto', 'light', 'dark'] as const

export type Theme = (typeof themes)[number]

const stored = localStorage.getItem('theme')

/** The theme that was chosen; it is kept for the next visit. */
export const theme = signal<Theme>(themes.find((known) => known === stored) ?? 'auto')

const prefersDark = matchMedia('(prefers-color-scheme: dark)')
const systemIsDark = signal(prefersDark.matches)
prefersDark.addEventListener('change', ({ matches }) => (systemIsDark.value = matches))

/** The theme that is shown. */
export const shownTheme = signal<'light' | 'dark'>('light')

effect(() => {
  localStorage.setItem('theme', theme.value)
  shownTheme.value = theme.value === 'auto' ? (systemIsDark.value ? 'dark' : 'light') : theme.value
  document.documentElement.dataset['theme'] = shownTheme.value
})
