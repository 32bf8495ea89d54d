
namespace Souk.Contracts;

// What the ids of the shop name. The aliases (ProductId, OrderId, …) stand in src/Directory.Build.props.
public abstract class AccountKind : IIdKind { public static string Prefix => "usr"; }
public abstract class ApiKeyKind : IIdKind { public static string Prefix => "key"; }
public abstract class SessionKind : IIdKind { public static string Prefix => "ses"; }
public abstract class CategoryKind : IIdKind { public static string Prefix => "cat"; }
public abstract class ProductKind : IIdKind { public static string Prefix => "prod"; }
public abstract class VariantKind : IIdKind { public static string Prefix => "var"; }
public abstract class ReviewKind : IIdKind { public static string Prefix => "rev"; }
public abstract class LocationKind : IIdKind { public static string Prefix => "loc"; }
public abstract class CartKind : IIdKind { public static string Prefix => "cart"; }
public abstract class OrderKind : IIdKind { public static string Prefix => "ord"; }
public abstract class PaymentKind : IIdKind { public static string Prefix => "pay"; }
public abstract class TopUpKind : IIdKind { public static string Prefix => "topup"; }
public abstract class WalletKind : IIdKind { public static string Prefix => "wal"; }
public abstract class LedgerAccountKind : IIdKind { public static string Prefix => "acct"; }
public abstract class TransferKind : IIdKind { public static string Prefix => "trf"; }
