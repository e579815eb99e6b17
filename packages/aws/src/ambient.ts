// The default chain (profiles, container and instance roles) is 280 KB: loaded only when the environment holds no keys.
export { defaultProvider } from '@aws-sdk/credential-provider-node'
