import { describe, expect, it } from 'vitest';
import { apiErrorForStatus } from './status-error.ts';

describe('apiErrorForStatus', () => {
  it.each([301, 302, 307, 308])(
    'makes a fault of the configuration of a redirect (%i), and never passes it on',
    (status) => {
      const error = apiErrorForStatus(status, '');
      expect(error).toMatchObject({ type: 'api_error', status: 502, shouldRetry: false, configurationFault: true });
      expect(error.message).toMatch(/redirects.*baseUrl/);
    },
  );
});
