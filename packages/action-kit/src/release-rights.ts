import type { ClusterStatement } from './define-action.ts'

/** What it takes to apply, follow and undo objects of a kind. */
const APPLY = ['get', 'list', 'watch', 'create', 'patch', 'delete'] as const

/** The rights in the cluster of every action that writes a release: who puts one back needs what who applies one does. */
export const releaseRights: readonly ClusterStatement[] = [
  {
    sid: 'ApplyWorkloads',
    groups: ['apps'],
    resources: ['deployments', 'statefulsets', 'daemonsets'],
    verbs: APPLY,
    why: 'to apply workloads, to follow their rollouts, and to undo them',
  },
  {
    sid: 'ApplyJobs',
    groups: ['batch'],
    resources: ['jobs', 'cronjobs'],
    verbs: APPLY,
    why: 'the same for jobs',
  },
  {
    sid: 'ApplyConfiguration',
    groups: [''],
    resources: ['configmaps', 'services', 'serviceaccounts'],
    verbs: APPLY,
    why: 'the same for what workloads are configured and reached by',
  },
  {
    sid: 'ApplyPolicies',
    groups: ['autoscaling', 'networking.k8s.io', 'policy'],
    resources: ['horizontalpodautoscalers', 'networkpolicies', 'ingresses', 'poddisruptionbudgets'],
    verbs: APPLY,
    why: 'the same for what scales, protects and exposes them',
  },
  {
    sid: 'KeepRecords',
    groups: [''],
    resources: ['secrets'],
    verbs: [...APPLY, 'update'],
    why: 'to keep the release records, which are Secrets, and to apply the Secrets of a release',
  },
  {
    sid: 'Lock',
    groups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get', 'create', 'update'],
    why: 'so that only one writes a release at a time',
  },
  {
    sid: 'FollowPods',
    groups: [''],
    resources: ['pods', 'events', 'resourcequotas'],
    verbs: ['list', 'watch'],
    why: 'to see how the rollout fares, and why it fails',
  },
  {
    sid: 'FollowOwners',
    groups: ['apps', 'discovery.k8s.io'],
    resources: ['replicasets', 'endpointslices'],
    verbs: ['list', 'watch'],
    why: "to tell this revision's pods from older ones, and whether a Service reaches them",
  },
  {
    sid: 'ReadLogs',
    groups: [''],
    resources: ['pods/log'],
    verbs: ['get'],
    why: 'to show the last lines of a container that fails',
  },
  {
    sid: 'ReplaceStuckPods',
    groups: [''],
    resources: ['pods'],
    verbs: ['delete'],
    why: 'a StatefulSet does not replace a broken pod by itself when it is rolled back',
  },
  {
    sid: 'SeeNamespace',
    groups: [''],
    resources: ['namespaces'],
    verbs: ['list', 'watch'],
    clusterWide: true,
    why: 'to see that the namespace stays',
  },
  {
    sid: 'SeeNodes',
    groups: [''],
    resources: ['nodes'],
    verbs: ['list', 'watch'],
    clusterWide: true,
    why: 'to say what is missing when no node has room for a pod',
  },
]
