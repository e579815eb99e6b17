export const FRAMEWORKS = ['scikit-learn', 'xgboost'] as const
export type Framework = (typeof FRAMEWORKS)[number]

/**
 * Accounts that hold the images of both frameworks, as listed by the SageMaker SDK:
 * https://github.com/aws/sagemaker-python-sdk/blob/master-v2/src/sagemaker/image_uri_config/sklearn.json and xgboost.json
 */
const ACCOUNTS: Readonly<Record<string, string>> = {
  'af-south-1': '510948584623',
  'ap-east-1': '651117190479',
  'ap-northeast-1': '354813040037',
  'ap-northeast-2': '366743142698',
  'ap-northeast-3': '867004704886',
  'ap-south-1': '720646828776',
  'ap-south-2': '628508329040',
  'ap-southeast-1': '121021644041',
  'ap-southeast-2': '783357654285',
  'ap-southeast-3': '951798379941',
  'ap-southeast-4': '106583098589',
  'ca-central-1': '341280168497',
  'cn-north-1': '450853457545',
  'cn-northwest-1': '451049120500',
  'eu-central-1': '492215442770',
  'eu-central-2': '680994064768',
  'eu-north-1': '662702820516',
  'eu-south-1': '978288397137',
  'eu-south-2': '104374241257',
  'eu-west-1': '141502667606',
  'eu-west-2': '764974769150',
  'eu-west-3': '659782779980',
  'me-central-1': '272398656194',
  'me-south-1': '801668240914',
  'sa-east-1': '737474898029',
  'us-east-1': '683313688378',
  'us-east-2': '257758044811',
  'us-gov-east-1': '237065988967',
  'us-gov-west-1': '414596584902',
  'us-west-1': '746614075791',
  'us-west-2': '246618743249',
}

// The SDK's files name a processor and a Python version for scikit-learn only, from which it makes the tag.
const REPOSITORIES: Readonly<Record<Framework, { readonly name: string; readonly tagSuffix: string }>> = {
  'scikit-learn': { name: 'sagemaker-scikit-learn', tagSuffix: '-cpu-py3' },
  xgboost: { name: 'sagemaker-xgboost', tagSuffix: '' },
}

/** The image of a framework in a region; undefined for a region whose account is not known. */
export const frameworkImage = (framework: Framework, version: string, region: string): string | undefined => {
  const account = ACCOUNTS[region]
  const { name, tagSuffix } = REPOSITORIES[framework]
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  return account === undefined ? undefined : `${account}.dkr.ecr.${region}.${suffix}/${name}:${version}${tagSuffix}`
}
