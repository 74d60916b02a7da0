namespace R1Lab.Data.Access;

/// <summary>
/// Every action of the audit log. Not in it: drafts, ratings and conversations (they carry their author and time themselves), the pieces of an
/// upload, the numbers and states of a run that the trainer writes (they are on the run's time line), and the time a key was last used.
/// </summary>
public static class AuditActions
{
    public const string Refused = "access.refused";
    public const string SetUp = "setup";
    public const string SignIn = "sign-in";
    public const string SignInRefused = "sign-in.refused";
    public const string SignOut = "sign-out";
    public const string UserCreate = "user.create";
    public const string UserRole = "user.role";
    public const string UserDisable = "user.disable";
    public const string UserEnable = "user.enable";
    public const string UserPassword = "user.password";
    public const string KeyCreate = "key.create";
    public const string KeyRotate = "key.rotate";
    public const string KeyRevoke = "key.revoke";
    public const string DatasetImport = "dataset.import";
    public const string DatasetRename = "dataset.rename";
    public const string DatasetDelete = "dataset.delete";
    public const string DatasetExport = "dataset.export";
    public const string RowAdd = "dataset.row.add";
    public const string RowUpdate = "dataset.row.update";
    public const string RowDelete = "dataset.row.delete";
    public const string DatasetUndo = "dataset.undo";
    public const string UploadBegin = "upload.begin";
    public const string UploadRemove = "upload.remove";
    public const string ModelRegister = "model.register";
    public const string ModelRename = "model.rename";
    public const string ModelRemove = "model.remove";
    public const string ModelUnload = "model.unload";
    public const string EndpointAdd = "endpoint.add";
    public const string EndpointChange = "endpoint.change";
    public const string EndpointRemove = "endpoint.remove";
    public const string EndpointCheck = "endpoint.check";
    public const string RunStart = "run.start";
    public const string RunStop = "run.stop";
    public const string RunResume = "run.resume";
    public const string RunMove = "run.move";
    public const string RunRename = "run.rename";
    public const string RunDelete = "run.delete";
    public const string RunConfirm = "run.confirm";
    public const string QueueHold = "queue.hold";
    public const string QueueGoOn = "queue.go_on";
    public const string QueueContinue = "queue.continue_on_error";
    public const string StudyCreate = "study.create";
    public const string StudyOpen = "study.open";
    public const string StudyClose = "study.close";
    public const string StudyPrimary = "study.primary";
    public const string StudyDelete = "study.delete";
    public const string StudyExport = "study.export";
    public const string StudyWrite = "study.write";
    public const string StudyCancel = "study.cancel";
}
