declare module "serverless-offline/lambda" {
  /** https://github.com/dherault/serverless-offline/blob/v14.8.2/src/lambda/LambdaFunction.js */
  export interface LambdaFunction {
    setEvent(event: unknown): void;
    runHandler(): Promise<unknown>;
    cleanup(): Promise<unknown>;
  }

  /** https://github.com/dherault/serverless-offline/blob/v14.8.2/src/lambda/Lambda.js */
  export default class Lambda {
    constructor(serverless: unknown, options: object);
    create(functions: { functionKey: string; functionDefinition: object }[]): void;
    get(functionKey: string): LambdaFunction;
    cleanup(): Promise<void>;
  }
}
