/** What stands on the paper. Positions are in pixels; `role` says which colour it has. */
export type Mark =
  | {
      readonly is: 'rect'
      readonly x: number
      readonly y: number
      readonly width: number
      readonly height: number
      readonly role: string
      readonly radius?: number
    }
  | {
      readonly is: 'text'
      readonly x: number
      readonly y: number
      readonly text: string
      readonly role: 'label' | 'note' | 'shape'
      readonly anchor?: 'start' | 'end'
    }
  | {
      readonly is: 'line'
      readonly d: string
      readonly role: 'edge' | 'shortcut' | 'sign' | 'curve' | 'axis'
      readonly hasArrow?: boolean
    }
  | { readonly is: 'circle'; readonly x: number; readonly y: number; readonly r: number; readonly role: string }
  | { readonly is: 'group'; readonly x: number; readonly y: number; readonly marks: readonly Mark[] }

/** Marks on paper of a size. */
export type Figure = { readonly width: number; readonly height: number; readonly marks: readonly Mark[] }

/** The colours of the roles. */
type Palette = { readonly [role: string]: string }

const palettes: { readonly [theme in 'light' | 'dark']: Palette } = {
  light: {
    ink: '#1f2328',
    soft: '#59636e',
    edge: '#6e7781',
    shortcut: '#cf222e',
    plain: '#f6f8fa #afb8c1',
    conv: '#ddf4ff #54aeff',
    norm: '#dafbe1 #4ac26b',
    act: '#fff8c5 #d4a72c',
    pool: '#fbefff #c297ff',
    gate: '#fff1e5 #fb8f44',
    join: '#ffffff #1f2328',
    zero: '#ffffff #d0d7de',
    grid: '#54aeff #ffffff',
    half: '#b6e3ff #ffffff',
  },
  dark: {
    ink: '#e6edf3',
    soft: '#9198a1',
    edge: '#8b949e',
    shortcut: '#ff7b72',
    plain: '#1c2128 #57606a',
    conv: '#0c2d4d #388bfd',
    norm: '#0f2f1a #2ea043',
    act: '#362a08 #bb8009',
    pool: '#271c45 #8957e5',
    gate: '#3d1f08 #db6d28',
    join: '#0d1117 #e6edf3',
    zero: '#0d1117 #30363d',
    grid: '#1f6feb #0d1117',
    half: '#0c2d6b #0d1117',
  },
}

export type Theme = keyof typeof palettes

export const round = (value: number): number => Math.round(value * 100) / 100
const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const fills = (palette: Palette, role: string): string => {
  const [fill, stroke] = (palette[role] ?? palette['plain']!).split(' ')
  return `fill="${fill}" stroke="${stroke}"`
}

const sizes = { label: 13, note: 10.5, shape: 10.5 } as const

/** The size of each kind of text. */
export const sizeOf = (role: keyof typeof sizes): number => sizes[role]

const draw = (mark: Mark, palette: Palette): string => {
  switch (mark.is) {
    case 'group':
      return [
        `<g transform="translate(${round(mark.x)} ${round(mark.y)})">`,
        ...mark.marks.map((each) => draw(each, palette)),
        '</g>',
      ].join('\n')
    case 'rect':
      return `<rect x="${round(mark.x)}" y="${round(mark.y)}" width="${round(mark.width)}" height="${round(mark.height)}" rx="${mark.radius ?? 6}" ${fills(palette, mark.role)}/>`
    case 'circle':
      return `<circle cx="${round(mark.x)}" cy="${round(mark.y)}" r="${mark.r}" ${mark.role === 'dot' ? `fill="${palette['edge']}"` : fills(palette, mark.role)}/>`
    case 'line': {
      const colour =
        palette[
          mark.role === 'sign' ? 'ink' : mark.role === 'curve' ? 'shortcut' : mark.role === 'axis' ? 'edge' : mark.role
        ]
      const width = mark.role === 'curve' ? 2 : mark.role === 'axis' ? 0.75 : 1.5
      return `<path d="${mark.d}" fill="none" stroke="${colour}" stroke-width="${width}"${mark.hasArrow === true ? ` marker-end="url(#${mark.role})"` : ''}/>`
    }
    case 'text': {
      const anchor = mark.anchor ?? 'middle'
      const colour = palette[mark.role === 'label' ? 'ink' : 'soft']
      return `<text x="${round(mark.x)}" y="${round(mark.y)}" font-size="${sizes[mark.role]}" text-anchor="${anchor}" fill="${colour}"${mark.role === 'label' ? ' font-weight="600"' : ''}>${escape(mark.text)}</text>`
    }
  }
}

const arrow = (role: 'edge' | 'shortcut', palette: Palette): string =>
  `<marker id="${role}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M1 1 7 4 1 7z" fill="${palette[role]}"/></marker>`

/** Marks as an SVG with a title and a description for readers who hear it. */
export const svg = (
  { title, description, width, height, marks }: Figure & { readonly title: string; readonly description: string },
  theme: Theme,
): string => {
  const palette = palettes[theme]
  const [w, h] = [Math.ceil(width), Math.ceil(height)]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" role="img" aria-labelledby="title description" font-family="-apple-system, 'Segoe UI', Helvetica, Arial, sans-serif">`,
    `<title id="title">${escape(title)}</title>`,
    `<desc id="description">${escape(description)}</desc>`,
    `<defs>${arrow('edge', palette)}${arrow('shortcut', palette)}</defs>`,
    ...marks.map((mark) => draw(mark, palette)),
    '</svg>',
    '',
  ].join('\n')
}
