// A FIX client made of jspurefix (MIT), which knows nothing of Verdigris. It does what it is told, a line each: `order ID SIDE QUANTITY PRICE`, `cancel ID ORIGINAL SIDE`, `cancel-all ID`, `status ID` (of all orders),
// `subscribe ID`, `logout`; and tells, a line each, what comes: `ready`, `35 ClOrdID ExecType CumQty LeavesQty PossDup`, of prices `W SYMBOL` or `X SYMBOL` with entries `TYPE@PRICExSIZE`. It keeps its numbers in a folder and comes back by itself when the connection is lost.
//   node client.cjs PORT SENDER TARGET USERNAME PASSWORD SYMBOL FOLDER
require('reflect-metadata');
const path = require('node:path');
const readline = require('node:readline');
const { AsciiSession, SessionLauncher, MsgType } = require('jspurefix');
const { EmptyLogFactory } = require('jspurefix/dist/config');

const [port, sender, target, username, password, symbol, folder] = process.argv.slice(2);
const say = (...words) => process.stdout.write(words.join(' ') + '\n');
let session;

class Client extends AsciiSession {
  constructor(config) {
    super(config);
    session = this;
  }
  onReady() { say('ready'); }
  onApplicationMsg(type, view) {
    const m = view.toObject();
    if (type === 'W' || type === 'X') {
      const entries = m.MDFullGrp?.NoMDEntries ?? m.MDIncGrp?.NoMDEntries ?? [];
      say(type, symbol, ...entries.map(e => `${e.MDEntryType}@${e.MDEntryPx ?? '-'}x${e.MDEntrySize ?? '-'}`));
      return;
    }
    say(type, m.ClOrdID ?? m.BusinessRejectRefID ?? '-', m.ExecType ?? '-', m.CumQty ?? '-', m.LeavesQty ?? '-', m.StandardHeader?.PossDupFlag === true ? 'Y' : 'N');
  }
  onDecoded(_, text) { if (process.env.FIX_LOG) process.stderr.write(`< ${text}\n`); }
  onEncoded(_, text) { if (process.env.FIX_LOG) process.stderr.write(`> ${text}\n`); }
  onLogon() { return true; }
  onStopped() { say('stopped'); }
}

class Launcher extends SessionLauncher {
  constructor() {
    super({
      application: {
        type: 'initiator', name: 'client', resilient: true, reconnectSeconds: 1, recoveryAttemptSeconds: 1, backoffFailConnectSeconds: 1, connectTimeoutSeconds: 60,
        tcp: { host: '127.0.0.1', port: Number(port) }, protocol: 'ascii', dictionary: path.join(path.dirname(require.resolve('jspurefix/package.json')), 'data/FIX44.xml'),
      },
      Username: username, Password: password, EncryptMethod: 0, ResetSeqNumFlag: false, HeartBtInt: 5, SenderCompId: sender, TargetCompID: target, TargetSubID: 'FIX', BeginString: 'FIX.4.4',
      store: { type: 'file', directory: folder },
    }, null, new EmptyLogFactory());
  }
  makeFactory(config) { return { makeSession: () => new Client(config) }; }
}

const at = () => new Date();
readline.createInterface({ input: process.stdin }).on('line', line => {
  const [what, id, ...more] = line.trim().split(' ');
  if (what === 'order') {
    const [side, quantity, price] = more;
    session.send(MsgType.NewOrderSingle, { ClOrdID: id, Instrument: { Symbol: symbol }, Side: side, TransactTime: at(), OrderQtyData: { OrderQty: Number(quantity) }, OrdType: '2', Price: Number(price) });
  } else if (what === 'cancel') {
    const [original, side] = more;
    session.send(MsgType.OrderCancelRequest, { ClOrdID: id, OrigClOrdID: original, Instrument: { Symbol: symbol }, Side: side, TransactTime: at(), OrderQtyData: { OrderQty: 1 } });
  } else if (what === 'cancel-all') {
    session.send(MsgType.OrderMassCancelRequest, { ClOrdID: id, MassCancelRequestType: '7', TransactTime: at() });
  } else if (what === 'status') {
    session.send(MsgType.OrderMassStatusRequest, { MassStatusReqID: id, MassStatusReqType: 7 });
  } else if (what === 'subscribe') {
    session.send(MsgType.MarketDataRequest, {
      MDReqID: id, SubscriptionRequestType: '1', MarketDepth: 0, MDUpdateType: 0,
      MDReqGrp: { NoMDEntryTypes: [{ MDEntryType: '0' }, { MDEntryType: '1' }, { MDEntryType: '2' }] }, InstrmtMDReqGrp: { NoRelatedSym: [{ Instrument: { Symbol: symbol } }] },
    });
  } else if (what === 'logout') {
    session.done();
  }
});
new Launcher().run().then(() => process.exit(0), e => { say('failed', String(e)); process.exit(1); });
