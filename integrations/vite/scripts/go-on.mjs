// node scripts/go-on.mjs CHECKPOINT [STEPS]: goes on in Node with a run that the page saved, and prints the losses.
import { readFileSync } from 'node:fs'
import { chosen, goOn, restored, task } from './training.mjs'

const [, , path, steps = task.here.steps] = process.argv
const first = restored(readFileSync(path))
const from = first.step
const { run, losses } = await goOn(first, Number(steps))
console.log(JSON.stringify({ backend: chosen.backend, from, to: run.step, losses }))
