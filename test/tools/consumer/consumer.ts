/**
 * A program of somebody else, as the compilers see it: `npm run build` compiles it against dist/ under TypeScript 5.0, 6
 * and 7, with every declaration checked that it reaches through the package's two names.
 */
import { simulate } from 'kafkaito';
import { connect, serve } from 'kafkaito/node';

export const doors = { simulate, serve, connect };
