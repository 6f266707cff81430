// @ts-check
// Hosts on one machine: network namespaces with names and addresses of their own, joined by `wire.c`. It needs Linux,
// root, a C compiler and iproute2.
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** @param {string} command @param {string[]} words */
const run = (command, ...words) => execFileSync(command, words, { encoding: 'utf8' })

/**
 * Makes hosts `resfn1`, `resfn2`, … at 10.77.0.1, 10.77.0.2, ….
 *
 * @param {{ count: number, megabits: number, milliseconds: number }} options the hosts, the rate of each, and the time
 *   from one to another
 */
export const makeHosts = async ({ count, megabits, milliseconds }) => {
  const names = Array.from({ length: count }, (_, i) => `resfn${i + 1}`)
  const folder = mkdtempSync(join(tmpdir(), 'resfn-hosts-'))
  const wireFile = join(folder, 'wire')
  run('cc', '-O2', '-o', wireFile, join(import.meta.dirname, 'wire.c'))
  for (const name of names) {
    run('ip', 'netns', 'add', name)
    mkdirSync(`/etc/netns/${name}`, { recursive: true })
    writeFileSync(
      `/etc/netns/${name}/hosts`,
      `127.0.0.1 localhost\n${names.map((each, i) => `10.77.0.${i + 1} ${each}\n`).join('')}`,
    )
  }
  const wire = spawn(wireFile, [`${megabits}`, `${milliseconds}`, ...names], { stdio: ['pipe', 'pipe', 'inherit'] })
  await new Promise((resolve, reject) => {
    wire.stdout.once('data', resolve)
    wire.once('exit', () => reject(new Error('the wire broke')))
  })
  names.forEach((name, i) => {
    run('ip', '-n', name, 'link', 'set', 'lo', 'up')
    run('ip', '-n', name, 'address', 'add', `10.77.0.${i + 1}/24`, 'dev', 'eth0')
    run('ip', '-n', name, 'link', 'set', 'eth0', 'mtu', '9000', 'up')
  })
  // What mpirun takes for ssh.
  const agent = join(folder, 'agent')
  writeFileSync(
    agent,
    '#!/bin/sh\nhost=$1; shift\nexec ip netns exec "$host" unshare --uts sh -c "hostname $host; $*"\n',
  )
  chmodSync(agent, 0o755)
  return {
    names,
    /** Starts `mpirun` on the first host, with one rank on each; `words` is the program. @param {string[]} words */
    mpirun: (words, options = {}) =>
      spawn(
        agent,
        [
          names[0],
          'exec mpirun.openmpi --allow-run-as-root --mca plm_rsh_agent',
          agent,
          '--mca btl tcp,self --mca btl_tcp_if_include eth0 --mca oob_tcp_if_include eth0',
          // Else mpirun waits for a host that is gone as long as TCP does.
          '--mca oob_tcp_keepalive_time 2 --mca oob_tcp_keepalive_intvl 1 --mca oob_tcp_keepalive_probes 2 -H',
          names.join(','),
          ...words,
        ],
        { stdio: ['ignore', 'pipe', 'pipe'], ...options },
      ),
    /** The processes on a host. @param {number} host */
    processes: (host) => run('ip', 'netns', 'pids', names[host]).split('\n').filter(Boolean).map(Number),
    /** Nothing reaches a host any more, and nothing leaves it. @param {number} host */
    cut: (host) => void wire.stdin.write(`cut ${host}\n`),
    remove: () => {
      wire.kill()
      for (const name of names) {
        const left = run('ip', 'netns', 'pids', name).split('\n').filter(Boolean).map(Number)
        for (const pid of left) process.kill(pid, 'SIGKILL')
        run('ip', 'netns', 'delete', name)
        rmSync(`/etc/netns/${name}`, { recursive: true })
      }
      rmSync(folder, { recursive: true })
    },
  }
}
