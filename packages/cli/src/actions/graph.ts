import { extname, resolve } from 'node:path'
import { mermaid, netGraph } from '@resfn/net-graph'
import type { GraphFlags } from '../commands/graph.ts'
import { usageError } from '../error.ts'
import { netPicture } from '../image/net-picture.ts'
import type { Action } from '../output.ts'
import { givenNet } from '../run/given-net.ts'
import { count } from '../text/format.ts'

const formats = ['.svg', '.mmd', '.md'] as const

/** The parts of a net and what they take, as a picture or in the language of Mermaid. */
export const graphOf: Action<GraphFlags, [string]> = async (context, flags, given) => {
  const { out, depth } = flags
  const format = formats.find((known) => out !== undefined && extname(out).toLowerCase() === known)
  if (out !== undefined && format === undefined)
    throw usageError(`--out ${out}: give a name that ends in ${formats.slice(0, -1).join(', ')} or ${formats.at(-1)}`)
  const { name, net, input, from } = await givenNet(context, given, { ...flags, weights: 'later' })
  const graph = netGraph(net, input, depth)
  const text = mermaid(graph)
  const file = out === undefined ? undefined : resolve(context.cwd, out)
  if (file !== undefined)
    await context.files.write(
      file,
      format === '.svg' ? netPicture(graph, name) : format === '.md' ? `\`\`\`mermaid\n${text}\`\`\`\n` : text,
    )
  return {
    json: { net: name, ...from, input, file: file ?? null, ...graph },
    text: file === undefined ? text : `${count(graph.nodes.length)} boxes: ${file}`,
  }
}
