import type { Context } from '../context/context.ts'
import type { Viewer } from '../run/viewer.ts'
import { standardInput } from './picture-paths.ts'
import { pictureName, readPicture } from './read-picture.ts'
import { dataUrl, jpegOf } from './picture-file.ts'
import { escapeMarkup } from '../text/markup.ts'

/** A picture and those most like it. */
export type Similar = {
  readonly query: string
  readonly nearest: readonly { readonly image: string; readonly cosine: number }[]
}

const side = 192

const style = `body{font:15px system-ui,sans-serif;margin:2rem;color:#222;background:#fff}
h1{font-size:1.2rem}ol{list-style:none;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(${side}px,1fr));gap:1rem}
figure{margin:0}img{width:100%;max-width:${side}px;aspect-ratio:1;object-fit:contain;background:#eee}
figcaption{overflow-wrap:anywhere;font-size:.85rem}b{font-variant-numeric:tabular-nums}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#111}img{background:#222}}`

/** A page with a picture and those most like it; it needs no other file. */
export const similarPage = async (context: Context, { name }: Viewer, { query, nearest }: Similar): Promise<string> => {
  const figure = async (path: string, words: string): Promise<string> => {
    // Standard input is read once.
    const source =
      path === standardInput ? '' : dataUrl('image/jpeg', await jpegOf(await readPicture(context, path), side))
    const picture = source === '' ? '' : `<img alt="" src="${source}">`
    return `<figure>${picture}<figcaption>${words}${escapeMarkup(pictureName(path))}</figcaption></figure>`
  }
  const items: string[] = []
  for (const { image, cosine } of nearest) items.push(`<li>${await figure(image, `<b>${cosine.toFixed(4)}</b> `)}</li>`)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Similar pictures</title><style>${style}</style></head>
<body><h1>The pictures that ${escapeMarkup(name)} sees most like this one</h1>
${await figure(query, '')}
<ol>
${items.join('\n')}
</ol></body></html>
`
}
