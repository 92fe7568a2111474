/** What a test has recorded: a line of a log, a code handed out beside it, or a secret of a host. */
export interface LogRecord {
  log?: string;
  line?: { level: string; message: string; fields: object };
  code?: string;
  secret?: string;
}

export function findLeaks(records: LogRecord[]): string[];
export function readRecords(folder: string): LogRecord[];

export default class LogScan {
  onRunComplete(
    contexts: unknown,
    results: { testResults: { testFilePath: string; numPassingTests: number }[] },
  ): void;
  getLastError(): Error | undefined;
}
