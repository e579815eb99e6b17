import { clusterInMemory, sleepingClock } from '@mlops/testing'
import { clusterContract } from '../../testing/src/contracts/cluster.ts'

clusterContract('the cluster in memory', async () => {
  const namespace = 'shop'
  const { cluster, applyAs, as } = clusterInMemory({ clock: sleepingClock(), namespaces: [namespace] })
  return {
    cluster,
    namespace,
    applyAsSomebody: async (object) => applyAs('somebody', object),
    stranger: as('stranger', () => false),
  }
})
