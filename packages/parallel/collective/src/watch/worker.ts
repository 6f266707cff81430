// The thread that tells other ranks that this one lives, and ends the process when one of them does not: the main
// thread computes or waits for seconds.
import { writeSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { parentPort, workerData } from 'node:worker_threads'

/** What each rank tells the others of itself before they watch each other; rank 0 listens. */
export type Member = {
  readonly host: string
  readonly addresses: readonly string[]
  readonly port: number
  readonly secret: string
}

export type Data = {
  readonly rank: number
  readonly host: string
  readonly secret: string
  /** The last step of this rank. */
  readonly step: Int32Array
  /** Milliseconds from beat to beat, and without any until a rank counts as lost. */
  readonly beat: number
  readonly patience: number
}

/** From the main thread: the members in the order of the ranks, or the end of the watch. */
export type Order = { readonly members: readonly Member[] } | 'stop'

/** To the main thread: listening, watching, or why not. */
export type Report = { readonly port: number } | { readonly problem: string | undefined }

/** A line between ranks. */
type Line = {
  readonly secret?: string
  readonly rank?: number
  readonly step?: number
  /** This rank has done its part. */
  readonly ended?: true
  /** Another rank was lost, which rank 0 has said already. */
  readonly lost?: true
}

/** A rank that this one hears: rank 0 hears all, all others hear rank 0. */
type Peer = { socket: Socket | undefined; heard: number; step: number }

const { rank, host, secret, step, beat, patience } = workerData as Data
const peers = new Map<number, Peer>()
let members: readonly Member[] = []
let isEnding = false
let hasBegun: () => void
const begun = new Promise<void>((resolve) => (hasBegun = resolve))

const report = (value: Report): void => parentPort!.postMessage(value)

const say = (socket: Socket | undefined, line: Line): void => {
  if (socket?.writable === true) socket.write(`${JSON.stringify(line)}\n`)
}

/** From a worker, `process.exit` would end the worker alone. */
const endProcess = (): void => void process.kill(process.pid, 'SIGKILL')

const end = (other: number, why: string): void => {
  // Those that end because of the first are not lost.
  if (isEnding) return
  isEnding = true
  const { step: last } = peers.get(other)!
  peers.delete(other)
  const after = last < 0 ? 'before its first step' : `after step ${last}`
  const text = `rank ${other} on ${members[other]?.host} was lost ${after}: ${why}; rank ${rank} on ${host} ends, and so do all others: start again from the last checkpoint\n`
  try {
    writeSync(2, text)
  } catch {
    // Nobody reads it any more.
  }
  for (const { socket } of peers.values()) say(socket, { lost: true })
  // What was said must leave first.
  setTimeout(endProcess, 50)
}

const listenTo = (other: number, socket: Socket): void => {
  const peer = peers.get(other)
  if (peer === undefined) {
    socket.destroy()
    return
  }
  peer.socket = socket
  socket.on('close', () => {
    if (peers.has(other)) end(other, 'its process ended')
  })
}

const onLine = (other: number, line: Line): void => {
  const peer = peers.get(other)
  if (line.lost === true) endProcess()
  if (peer === undefined) return
  peer.heard = performance.now()
  if (line.step !== undefined) peer.step = line.step
  if (line.ended === true) {
    peers.delete(other)
    peer.socket?.end()
  }
}

const linesOf = (socket: Socket, on: (line: Line) => void): void => {
  // What becomes of it is told by its close.
  socket.on('error', () => undefined)
  createInterface({ input: socket }).on('line', (text) => {
    try {
      on(JSON.parse(text) as Line)
    } catch {
      socket.destroy()
    }
  })
}

/**
 * Rank 0: a rank says the secret of this watch, hears it back, and joins by its first beat: it may have tried more than
 * one address. Others are sent away.
 */
const accept = async (socket: Socket): Promise<void> => {
  socket.on('error', () => undefined)
  // Others may begin before this rank, which then knows of nobody.
  await begun
  let from: number | undefined
  let joined = false
  linesOf(socket, (line) => {
    if (from === undefined && (line.secret !== secret || line.rank === undefined)) socket.destroy()
    else if (from === undefined) {
      from = line.rank!
      say(socket, { secret })
    } else {
      if (!joined) listenTo(from, socket)
      joined = true
      onLine(from, line)
    }
  })
}

/** Another rank: connects at one address of rank 0, which must know the secret. Gives what is wrong, or nothing. */
const join = ({ secret: theirs, port }: Member, address: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ host: address, port })
    const fail = (why: string): void => {
      socket.destroy()
      resolve(`${address} port ${port}: ${why}`)
    }
    const late = setTimeout(() => fail('no answer'), patience / 2)
    socket.on('error', ({ message }) => fail(message))
    socket.on('connect', () => say(socket, { secret: theirs, rank }))
    let joined = false
    linesOf(socket, (line) => {
      if (joined) onLine(0, line)
      else if (line.secret === theirs) {
        joined = true
        clearTimeout(late)
        listenTo(0, socket)
        say(socket, { step: Atomics.load(step, 0) })
        resolve(undefined)
      } else fail('another program answers')
    })
  })

const joinFirst = async (first: Member): Promise<string | undefined> => {
  const problems: string[] = []
  for (const address of first.addresses) {
    const problem = await join(first, address)
    if (problem === undefined) return undefined
    problems.push(problem)
  }
  return `rank ${rank} on ${host} cannot reach rank 0 on ${first.host}, so they cannot watch each other (${problems.join('; ')}): let the hosts of the job connect to each other by TCP`
}

let before = performance.now()

const tick = (): void => {
  const now = performance.now()
  // Where this process itself was stopped, nobody could be heard.
  if (now - before > patience / 2) for (const peer of peers.values()) peer.heard = Math.max(peer.heard, now)
  before = now
  for (const [other, peer] of peers) {
    say(peer.socket, { step: Atomics.load(step, 0) })
    if (now - peer.heard > patience) end(other, `nothing was heard of it for ${patience / 1000} seconds`)
  }
}

const begin = async (all: readonly Member[]): Promise<void> => {
  members = all
  // A busy machine may take long until all have joined.
  const heard = performance.now() + 5 * patience
  for (const other of rank === 0 ? all.keys() : [0])
    if (other !== rank) peers.set(other, { socket: undefined, heard, step: -1 })
  hasBegun()
  const problem = rank === 0 ? undefined : await joinFirst(all[0]!)
  if (problem === undefined) setInterval(tick, beat)
  report({ problem })
}

const server = createServer((socket) => void accept(socket))

parentPort!.on('message', (order: Order) => {
  if (order !== 'stop') {
    void begin(order.members)
    return
  }
  for (const { socket } of peers.values()) {
    say(socket, { ended: true })
    socket?.end()
  }
  peers.clear()
  server.close()
  setTimeout(() => process.exit(), 50)
})

if (rank === 0) {
  server.on('error', ({ message }) => report({ problem: `rank 0 cannot listen: ${message}` }))
  server.listen(0, () => report({ port: (server.address() as { readonly port: number }).port }))
} else report({ port: 0 })
