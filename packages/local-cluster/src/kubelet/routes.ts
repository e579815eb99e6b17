/** Where the ports of pods really are: pod addresses exist only here. */
export interface Routes {
  /** @returns how to forget them */
  readonly add: (podIP: string, ports: ReadonlyMap<string, number>) => () => void
  readonly find: (address: string) => number | undefined
}

export const createRoutes = (): Routes => {
  const known = new Map<string, number>()
  return {
    add: (podIP, ports) => {
      const added = [...ports].map(([port, local]) => [`${podIP}:${port}`, local] as const)
      for (const [address, local] of added) known.set(address, local)
      return () => {
        // A later run of the container may have the address already.
        for (const [address, local] of added) if (known.get(address) === local) known.delete(address)
      }
    },
    find: (address) => known.get(address),
  }
}
