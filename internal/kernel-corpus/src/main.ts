// Runs the corpus in a bare Node process: main <target> [topic…]. Prints each case to stderr and the report, in JSON,
// to stdout; the status is 1 if a case failed.
import { checkCorpus } from './check-corpus.ts'
import { topicsOf } from './corpus.ts'
import { targetOf } from './start.ts'

const [name = 'cpu', ...topics] = process.argv.slice(2)
let last = performance.now()
const report = await checkCorpus(targetOf(name), {
  cases: topicsOf(topics),
  progress: (example, faults) => {
    const now = performance.now()
    const line = `${faults.length === 0 ? 'ok  ' : 'FAIL'} ${Math.round(now - last)} ms ${example}`
    console.error([line, ...faults].join('\n     '))
    last = now
  },
})
console.log(JSON.stringify(report, null, 2))
process.exitCode = report.failed.length === 0 ? 0 : 1
