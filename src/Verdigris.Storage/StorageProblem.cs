namespace Verdigris.Storage;

/// <summary>
/// The storage cannot do its work for a reason outside the program: a missing package, an unwritable or damaged folder, an unreachable
/// database. The launcher prints <see cref="Line"/> and exits with 2; nothing was changed when it is thrown. Match <see cref="Code"/>, never text.
/// </summary>
public sealed class StorageProblem : Exception
{
    public StorageProblem(string code, string english, string chinese, Exception? inner = null) : base(english, inner)
    {
        Code = code;
        Chinese = chinese;
    }

    /// <summary>Stable lower-case dotted code, one of <see cref="StorageCodes"/>.</summary>
    public string Code { get; }

    public string English => Message;
    public string Chinese { get; }

    /// <summary>One line for a terminal: code, English, Chinese.</summary>
    public string Line => $"{Code}: {English} {Chinese}".ReplaceLineEndings(" ");
}

/// <summary>The codes a <see cref="StorageProblem"/> carries. Never changed once published.</summary>
public static class StorageCodes
{
    public const string BinariesMissing = "storage.postgres-missing";
    public const string BinariesWrongVersion = "storage.postgres-version";
    public const string ServerTooOld = "storage.postgres-too-old";
    public const string FolderUnwritable = "storage.folder-unwritable";
    public const string FolderInUse = "storage.folder-in-use";
    public const string FolderCorrupt = "storage.folder-corrupt";
    public const string SecretMissing = "storage.secret-missing";
    public const string StartFailed = "storage.postgres-start-failed";
    public const string NoUnprivilegedUser = "storage.no-unprivileged-user";
    public const string Unreachable = "storage.database-unreachable";
    public const string PortBusy = "storage.port-busy";
    public const string AppRoleMissing = "storage.app-role-missing";
    public const string AppRoleSecretElsewhere = "storage.app-role-secret-elsewhere";
    public const string SchemaChanged = "storage.schema-script-changed";
    public const string SchemaNewer = "storage.schema-newer";
    public const string SchemaOrder = "storage.schema-order";
    public const string SchemaFailed = "storage.schema-script-failed";
    public const string EvidenceCorrupt = "storage.evidence-corrupt";
    public const string BackupFailed = "storage.backup-failed";
    public const string BackupCorrupt = "storage.backup-corrupt";
    public const string RestoreNotEmpty = "storage.restore-not-empty";
    public const string RestoreFailed = "storage.restore-failed";
}
