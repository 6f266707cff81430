// Writes the page that a net is taken along as.

const base64Of = async (bytes: Uint8Array): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener('load', () => resolve(String(reader.result).split(',')[1] ?? ''))
    reader.addEventListener('error', () => reject(reader.error ?? new Error('the net could not be written')))
    reader.readAsDataURL(new Blob([bytes as Uint8Array<ArrayBuffer>]))
  })

const escaped = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** A file of this site. */
const textOf = async (file: string): Promise<string> => {
  const response = await fetch(new URL(file, document.baseURI))
  if (!response.ok) throw new Error(`${file}: the server answered ${response.status}`)
  return response.text()
}

/** One file of HTML that classifies: the script of the classifier, and the net as a checkpoint of ours. */
export const pageWith = async (checkpoint: Uint8Array, classes: readonly string[]): Promise<Uint8Array> => {
  const [whole, style] = await Promise.all(['classifier.js', 'classifier.css'].map(textOf))
  // An end tag inside a string would end the script.
  const script = whole!.replaceAll('</script', '<\\/script')
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(classes.join(' / '))}</title><style>${style}</style></head>
<body><div id="app"></div>
<script type="text/plain" id="net">${await base64Of(checkpoint)}</script>
<script type="module">${script}</script></body></html>
`
  return new TextEncoder().encode(html)
}
