/**
 * The Region that the host of a queue's URL names: in the public endpoints, those of VPC endpoints, FIPS and IPv6, and the old ones. Undefined: it
 * names none, such as the private host of a VPC endpoint.
 * https://docs.aws.amazon.com/general/latest/gr/sqs-service.html
 */
export function regionOfQueue(url: string): string | undefined {
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  for (const form of FORMS) {
    const [isMatch, region = 'us-east-1'] = form.exec(host) ?? [];
    if (isMatch !== undefined) {
      return region;
    }
  }
  return undefined;
}

const REGION = '([a-z]{2,}(?:-[a-z]+)+-\\d+)';

const FORMS = [
  new RegExp(`(?:^|\\.)sqs(?:-fips)?\\.${REGION}\\.`),
  new RegExp(`^${REGION}\\.queue\\.amazonaws\\.`),
  /^queue\.amazonaws\.com$/,
];
