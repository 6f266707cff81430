import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { Language, Picture } from './lesson.ts'

/** The colours of lines, told apart by people who see few colours too (after Okabe and Ito). */
const palette: { readonly [theme in Theme]: readonly string[] } = {
  light: ['#0072b2', '#d55e00', '#009e73', '#b0529b', '#a07800', '#3a3a3a'],
  dark: ['#5db4ee', '#ff9150', '#3fd3a4', '#e58fc9', '#e6c229', '#d0d0d0'],
}

const ground: { readonly [theme in Theme]: { readonly ink: string; readonly paper: string } } = {
  light: { ink: '#1b1e23', paper: '#ffffff' },
  dark: { ink: '#e9eaec', paper: '#1d2025' },
}

/** Light or dark. */
export type Theme = 'light' | 'dark'

/** The themes, in order. */
export const themes: readonly Theme[] = ['light', 'dark']

/** The colours of lines, as variables of the page. */
export const series: readonly string[] = palette.light.map((_, i) => `var(--series-${i + 1})`)

/** The colour behind a picture, as a variable of the page. */
export const paper = 'var(--paper)'

/** The variables of a theme: `--series-1: …`. */
export const variables = (theme: Theme): string =>
  [
    ...palette[theme].map((colour, i) => `--series-${i + 1}: ${colour};`),
    `--paper: ${ground[theme].paper};`,
    `--ink: ${ground[theme].ink};`,
  ].join(' ')

const size = { width: 760, height: 440, marginLeft: 72, marginRight: 130, marginBottom: 56, marginTop: 32 }

const { document } = parseHTML('<html><body></body></html>')

/** A picture as SVG, with colours that are variables of the page around it. */
export const drawing = ({ title, plot: optionsOf }: Picture, language: Language): string => {
  const { style, ...options } = optionsOf((words) => words[language]) as Plot.PlotOptions
  const drawn = Plot.plot({
    ...size,
    document: document as unknown as Document,
    ariaLabel: title[language],
    ...options,
    style: { fontSize: '15px', background: 'none', ...(typeof style === 'object' ? style : {}) } as never,
  })
  drawn.setAttribute('role', 'img')
  drawn.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return drawn.outerHTML
}

/** A picture as a file of its own, in the colours of a theme. */
export const standalone = (picture: Picture, language: Language, theme: Theme): string => {
  const { ink, paper: behind } = ground[theme]
  return palette[theme]
    .reduce((svg, colour, i) => svg.replaceAll(`var(--series-${i + 1})`, colour), drawing(picture, language))
    .replaceAll(paper, behind)
    .replace('<svg ', `<svg color="${ink}" `)
    .replace('background:none', `background:${behind}`)
}
