// @ts-check
// `pnpm parity:onnx [names or patterns…]`: the nets beside ONNX Runtime, with weights by formula; one line a net.
import { listNets } from '@resfn/archs'
import { useWasm } from '@resfn/wasm'
import { besideOnnx } from './handover.mjs'

const names = process.argv.slice(2).flatMap((pattern) => listNets(pattern))

await useWasm({ threads: 1 })
let failed = 0
for (const name of names.length === 0 ? listNets() : names) {
  let line
  try {
    const results = await besideOnnx(name)
    const worst = Math.max(...results.map(({ difference }) => difference))
    const operators = results.map((result) => result.operators)
    if (!(worst <= 1e-4)) failed++
    line = `${worst.toExponential(1)} ${operators[0]} operators, ${operators.at(-1)} with batch norm folded${worst <= 1e-4 ? '' : '  DIFFERS'}`
  } catch (error) {
    failed++
    line = error instanceof Error ? error.message : String(error)
  }
  console.log(`${name.padEnd(30)} ${line}`)
}
console.log(`${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
